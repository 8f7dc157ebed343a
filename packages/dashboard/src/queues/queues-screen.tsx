import { NumberInput, UnstyledButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Queue } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { quoted } from '../filter/language.ts'
import { useAskedEvery, useLiveQueries } from '../live/use-live-queries.ts'
import { ActionDialog } from '../ui/action-dialog.tsx'
import { type Field, Records } from '../ui/records.tsx'
import { RowAction } from '../ui/row-action.tsx'
import { Screen } from '../ui/screen.tsx'
import { useMayManage } from '../ui/session.tsx'
import { Empty } from '../ui/states.tsx'
import { Dot } from '../ui/status.tsx'
import { Elapsed } from '../ui/time.tsx'
import { useChangeQueue } from './use-change-queue.ts'

const TONES: Record<Queue['state'], string> = { open: 'green', paused: 'amber', draining: 'accent' }

export function QueuesScreen() {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 })
  const mayManage = useMayManage()
  const change = useChangeQueue()
  const [limited, setLimited] = useState<Queue | null>(null)
  useLiveQueries('queues')
  const query = useQuery({
    queryKey: ['queues'],
    queryFn: ({ signal }) => client.queues({ signal }),
    refetchInterval: useAskedEvery(),
  })

  const fields: Field<Queue>[] = [
    {
      label: t('queues.name'),
      place: 'title',
      cell: ({ name }) => (
        <Link to="/jobs" search={{ filter: `queue:${quoted(name)}` }}>
          {name}
        </Link>
      ),
    },
    {
      label: t('queues.state'),
      place: 'state',
      cell: ({ state }) => (
        <span className="status">
          <Dot tone={TONES[state]} />
          {t(`queues.${state}`)}
        </span>
      ),
    },
    { label: t('queues.waiting'), isRight: true, cell: ({ waiting }) => number.format(waiting) },
    { label: t('queues.due'), isRight: true, cell: ({ due }) => number.format(due) },
    { label: t('queues.running'), isRight: true, cell: ({ running }) => number.format(running) },
    {
      label: t('queues.rate'),
      isRight: true,
      cell: ({ rate_per_minute }) => number.format(rate_per_minute),
    },
    {
      label: t('queues.oldest'),
      isRight: true,
      cell: ({ oldest_due_at }) => <Elapsed from={oldest_due_at} to={null} />,
    },
    {
      label: t('queues.limit'),
      isRight: true,
      cell: (queue) => {
        const text = queue.concurrency === null ? t('queues.unlimited') : number.format(queue.concurrency)
        if (!mayManage) return text
        return (
          <UnstyledButton
            fz="inherit"
            td="underline"
            aria-haspopup="dialog"
            aria-label={t('queues.limitNow', { limit: text })}
            onClick={() => setLimited(queue)}
          >
            {text}
          </UnstyledButton>
        )
      },
    },
    {
      label: t('queues.workers'),
      isRight: true,
      cell: ({ workers, due }) => <span className={workers === 0 && due > 0 ? 'red' : ''}>{workers}</span>,
    },
  ]
  if (mayManage) {
    fields.push({
      label: t('workers.actions'),
      isRight: true,
      place: 'actions',
      cell: ({ name, state }) =>
        state === 'open' ? (
          <>
            <RowAction hint={t('queues.pauseHint')} onClick={() => void change.pause(name)}>
              {t('queues.pause')}
            </RowAction>
            <RowAction hint={t('queues.drainHint')} onClick={() => void change.drain(name)}>
              {t('queues.drain')}
            </RowAction>
          </>
        ) : (
          <RowAction hint={t('queues.resumeHint')} onClick={() => void change.resume(name)}>
            {t('queues.resume')}
          </RowAction>
        ),
    })
  }

  return (
    <>
      <Screen title={t('pages.queues')} query={query}>
        {(queues) =>
          queues.length === 0 ? (
            <Empty title={t('queues.none')}>{t('queues.noneHint')}</Empty>
          ) : (
            <Records label={t('pages.queues')} rows={queues} fields={fields} keyOf={({ name }) => name} />
          )
        }
      </Screen>
      {limited && (
        <LimitDialog
          queue={limited}
          onClose={() => setLimited(null)}
          onSave={(concurrency) => change.limit(limited.name, concurrency)}
        />
      )}
    </>
  )
}

interface LimitDialogProps {
  queue: Queue
  onClose: () => void
  onSave: (concurrency: number | null) => Promise<void>
}

function LimitDialog({ queue, onClose, onSave }: LimitDialogProps) {
  const { t } = useTranslation()
  const [limit, setLimit] = useState<number | string>(queue.concurrency ?? '')
  return (
    <ActionDialog
      title={t('queues.editLimit', { queue: queue.name })}
      submit={t('queues.save')}
      onClose={onClose}
      onSubmit={() => onSave(limit === '' ? null : Number(limit))}
    >
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
    </ActionDialog>
  )
}
