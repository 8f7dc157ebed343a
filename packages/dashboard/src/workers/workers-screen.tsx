import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { Worker } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, messageOf, POLL_MS } from '../api/client.ts'
import { Screen } from '../ui/screen.tsx'
import { useMayManage } from '../ui/session.tsx'
import { Empty } from '../ui/states.tsx'
import { Dot } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { Duration } from '../ui/time.tsx'

const TONES: Record<Worker['state'], string> = { running: 'green', quiet: 'hollow', stopping: 'amber', silent: 'red' }
const MEBIBYTE = 2 ** 20

export function WorkersScreen() {
  const { t } = useTranslation()
  const mayManage = useMayManage()
  const queries = useQueryClient()
  const [stopped, setStopped] = useState<string | null>(null)
  const query = useQuery({
    queryKey: ['workers'],
    queryFn: ({ signal }) => client.workers({ signal }),
    refetchInterval: POLL_MS,
  })

  const act = async (change: Promise<Worker>) => {
    await change.catch((error) => notifications.show({ color: 'red', message: messageOf(error) }))
    await queries.invalidateQueries({ queryKey: ['workers'] })
  }

  const headings = [
    { label: t('workers.name') },
    { label: t('workers.state') },
    { label: t('workers.slots'), isRight: true },
    { label: t('workers.queues') },
    { label: t('workers.memory'), isRight: true },
    { label: t('workers.lag'), isRight: true },
    { label: t('workers.heartbeat'), isRight: true },
    { label: t('workers.version'), isRight: true },
    ...(mayManage ? [{ label: t('workers.actions'), isRight: true }] : []),
  ]
  return (
    <>
      <Screen title={t('pages.workers')} query={query}>
        {({ items, broker_reachable, error }) => (
          <Stack gap="sm">
            {!broker_reachable && (
              <Alert color="red" role="alert">
                {t('overview.brokerDown', { error })} {t('overview.brokerDownFix')}
              </Alert>
            )}
            {items.length === 0 ? (
              broker_reachable && <Empty title={t('workers.none')}>{t('workers.noneHint')}</Empty>
            ) : (
              <Table label={t('pages.workers')} headings={headings}>
                {items.map((worker) => (
                  <tr key={worker.name}>
                    <td className="mono">{worker.name}</td>
                    <td>
                      <span className="status">
                        <Dot tone={TONES[worker.state]} />
                        {t(`workers.${worker.state}`)}
                      </span>
                    </td>
                    <td className="right">{`${worker.running} / ${worker.slots}`}</td>
                    <td>{worker.queues?.join(', ') ?? t('workers.every')}</td>
                    <td className="right">{Math.round(worker.memory_bytes / MEBIBYTE)} MiB</td>
                    <td className="right">
                      <Duration ms={worker.event_loop_lag_ms} />
                    </td>
                    <td className="right">
                      <Duration ms={worker.heartbeat_age_ms} />
                    </td>
                    <td className="right">{worker.version}</td>
                    {mayManage && (
                      <td className="right">
                        <Group gap={6} justify="flex-end" wrap="nowrap">
                          {worker.state === 'quiet' ? (
                            <Button
                              size="compact-xs"
                              variant="default"
                              onClick={() => void act(client.resumeWorker(worker.name))}
                            >
                              {t('workers.doResume')}
                            </Button>
                          ) : (
                            <Button
                              size="compact-xs"
                              variant="default"
                              onClick={() => void act(client.quietWorker(worker.name))}
                            >
                              {t('workers.doQuiet')}
                            </Button>
                          )}
                          <Button size="compact-xs" variant="default" onClick={() => setStopped(worker.name)}>
                            {t('workers.doStop')}
                          </Button>
                        </Group>
                      </td>
                    )}
                  </tr>
                ))}
              </Table>
            )}
          </Stack>
        )}
      </Screen>
      {stopped !== null && (
        <Modal
          opened
          onClose={() => setStopped(null)}
          title={t('workers.stopTitle', { worker: stopped })}
          closeButtonProps={{ 'aria-label': t('close') }}
        >
          <Text size="sm">{t('workers.stopHint')}</Text>
          <Group justify="flex-end" gap="xs" mt="md">
            <Button variant="default" onClick={() => setStopped(null)}>
              {t('keep')}
            </Button>
            <Button
              color="red"
              onClick={() => {
                setStopped(null)
                void act(client.stopWorker(stopped))
              }}
            >
              {t('workers.doStop')}
            </Button>
          </Group>
        </Modal>
      )}
    </>
  )
}
