import { Button, Group, Modal, NumberInput, Stack, UnstyledButton } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Queue } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, messageOf, POLL_MS } from '../api/client.ts'
import { quoted } from '../filter/language.ts'
import { Screen } from '../ui/screen.tsx'
import { useMayManage } from '../ui/session.tsx'
import { Empty } from '../ui/states.tsx'
import { Dot } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { Elapsed } from '../ui/time.tsx'

const TONES: Record<Queue['state'], string> = { open: 'green', paused: 'amber', draining: 'accent' }

export function QueuesScreen() {
  const { t } = useTranslation()
  const mayManage = useMayManage()
  const queries = useQueryClient()
  const [limited, setLimited] = useState<Queue | null>(null)
  const query = useQuery({
    queryKey: ['queues'],
    queryFn: ({ signal }) => client.queues({ signal }),
    refetchInterval: POLL_MS,
  })

  const act = async (change: Promise<Queue>) => {
    try {
      const { name, state } = await change
      notifications.show({ message: t(`queues.${state}_done`, { queue: name }) })
    } catch (error) {
      notifications.show({ color: 'red', message: messageOf(error) })
    }
    await queries.invalidateQueries({ queryKey: ['queues'] })
  }

  const headings = [
    { label: t('queues.name') },
    { label: t('queues.state') },
    { label: t('queues.waiting'), isRight: true },
    { label: t('queues.due'), isRight: true },
    { label: t('queues.running'), isRight: true },
    { label: t('queues.oldest'), isRight: true },
    { label: t('queues.limit'), isRight: true },
    { label: t('queues.workers'), isRight: true },
    ...(mayManage ? [{ label: t('workers.actions'), isRight: true }] : []),
  ]
  return (
    <>
      <Screen title={t('pages.queues')} query={query}>
        {(queues) =>
          queues.length === 0 ? (
            <Empty title={t('queues.none')}>{t('queues.noneHint')}</Empty>
          ) : (
            <Table label={t('pages.queues')} headings={headings}>
              {queues.map((queue) => (
                <tr key={queue.name}>
                  <td>
                    <Link to="/jobs" search={{ filter: `queue:${quoted(queue.name)}` }}>
                      {queue.name}
                    </Link>
                  </td>
                  <td>
                    <span className="status">
                      <Dot tone={TONES[queue.state]} />
                      {t(`queues.${queue.state}`)}
                    </span>
                  </td>
                  <td className="right">{queue.waiting}</td>
                  <td className="right">{queue.due}</td>
                  <td className="right">{queue.running}</td>
                  <td className="right">
                    <Elapsed from={queue.oldest_due_at} to={null} />
                  </td>
                  <td className="right">
                    {mayManage ? (
                      <UnstyledButton
                        fz="inherit"
                        td="underline"
                        onClick={() => setLimited(queue)}
                        aria-haspopup="dialog"
                      >
                        {queue.concurrency ?? t('queues.unlimited')}
                      </UnstyledButton>
                    ) : (
                      (queue.concurrency ?? t('queues.unlimited'))
                    )}
                  </td>
                  <td className={queue.workers === 0 && queue.due > 0 ? 'right red' : 'right'}>{queue.workers}</td>
                  {mayManage && (
                    <td className="right">
                      <Group gap={6} justify="flex-end" wrap="nowrap">
                        {queue.state === 'open' ? (
                          <>
                            <Button
                              size="compact-xs"
                              variant="default"
                              onClick={() => void act(client.pauseQueue(queue.name))}
                            >
                              {t('queues.pause')}
                            </Button>
                            <Button
                              size="compact-xs"
                              variant="default"
                              onClick={() => void act(client.drainQueue(queue.name))}
                            >
                              {t('queues.drain')}
                            </Button>
                          </>
                        ) : (
                          <Button
                            size="compact-xs"
                            variant="default"
                            onClick={() => void act(client.resumeQueue(queue.name))}
                          >
                            {t('queues.resume')}
                          </Button>
                        )}
                      </Group>
                    </td>
                  )}
                </tr>
              ))}
            </Table>
          )
        }
      </Screen>
      {limited && (
        <LimitDialog
          queue={limited}
          onClose={() => setLimited(null)}
          onSave={(concurrency) => {
            setLimited(null)
            void act(client.changeQueue(limited.name, { concurrency }))
          }}
        />
      )}
    </>
  )
}

interface LimitDialogProps {
  queue: Queue
  onClose: () => void
  onSave: (concurrency: number | null) => void
}

function LimitDialog({ queue, onClose, onSave }: LimitDialogProps) {
  const { t } = useTranslation()
  const [limit, setLimit] = useState<number | string>(queue.concurrency ?? '')
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('queues.editLimit', { queue: queue.name })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Stack>
        <NumberInput
          label={t('queues.limit')}
          description={t('queues.limitHint')}
          min={1}
          max={1_000_000}
          allowDecimal={false}
          value={limit}
          onChange={setLimit}
          data-autofocus
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('keep')}
          </Button>
          <Button onClick={() => onSave(limit === '' ? null : Number(limit))}>{t('queues.save')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
