import { Alert, Button, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { JobSummary, Worker } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, messageOf, POLL_MS, take } from '../api/client.ts'
import { formatBytes } from '../format/bytes.ts'
import { useAskedEvery, useLiveQueries } from '../live/use-live-queries.ts'
import { type Field, Records } from '../ui/records.tsx'
import { RowAction } from '../ui/row-action.tsx'
import { Screen } from '../ui/screen.tsx'
import { useMayManage } from '../ui/session.tsx'
import { Empty } from '../ui/states.tsx'
import { Dot } from '../ui/status.tsx'
import { Duration } from '../ui/time.tsx'
import { StoreHealth } from './store-health.tsx'
import { ResizeDialog, StopDialog } from './worker-dialogs.tsx'

const TONES: Record<Worker['state'], string> = { running: 'green', quiet: 'hollow', stopping: 'amber', silent: 'red' }
/** So many running jobs are looked at to say what each worker does, */
const RUNNING_READ = 500
/** and so many are named for each. */
const RUNNING_NAMED = 3

type Opened = { kind: 'stop' | 'resize'; worker: Worker }

export function WorkersScreen() {
  const { t, i18n } = useTranslation()
  const mayManage = useMayManage()
  const queries = useQueryClient()
  const [opened, setOpened] = useState<Opened | null>(null)
  useLiveQueries('running')
  const query = useQuery({
    queryKey: ['workers'],
    queryFn: ({ signal }) => client.workers({ signal }),
    // Their heartbeats are no events.
    refetchInterval: POLL_MS,
  })
  const running = useQuery({
    queryKey: ['running'],
    queryFn: ({ signal }) => take(client.running({ signal }), RUNNING_READ),
    refetchInterval: useAskedEvery(),
  })
  const jobsOf = Map.groupBy(running.data ?? [], ({ worker }) => worker)

  const done = (message: string) => {
    notifications.show({ message })
    void queries.invalidateQueries({ queryKey: ['workers'] })
  }
  const order = async (change: Promise<Worker>, message: string) => {
    try {
      await change
      done(message)
    } catch (error) {
      notifications.show({ color: 'red', message: messageOf(error) })
    }
  }

  const fields: Field<Worker>[] = [
    { label: t('workers.name'), place: 'title', cell: ({ name }) => <span className="mono">{name}</span> },
    {
      label: t('workers.state'),
      place: 'state',
      cell: ({ state, wanted_state }) => (
        <span className="status">
          <Dot tone={TONES[state]} />
          {t(`workers.${state}`)}
          {wanted_state !== null && wanted_state !== state && state !== 'silent' && (
            <span className="muted">→ {t(`workers.${wanted_state}`)}</span>
          )}
        </span>
      ),
    },
    {
      label: t('workers.slots'),
      isRight: true,
      cell: ({ running, slots, wanted_slots }) => (
        <>
          {running} / {slots}
          {wanted_slots !== null && wanted_slots !== slots && <span className="muted"> → {wanted_slots}</span>}
        </>
      ),
    },
    { label: t('workers.runs'), cell: ({ name }) => <Running jobs={jobsOf.get(name) ?? []} /> },
    { label: t('workers.queues'), cell: ({ queues }) => queues?.join(', ') ?? t('workers.every') },
    {
      label: t('workers.memory'),
      isRight: true,
      cell: ({ memory_bytes }) => formatBytes(memory_bytes, i18n.language),
    },
    { label: t('workers.lag'), isRight: true, cell: ({ event_loop_lag_ms }) => <Duration ms={event_loop_lag_ms} /> },
    {
      label: t('workers.heartbeat'),
      isRight: true,
      cell: ({ heartbeat_age_ms }) => <Duration ms={heartbeat_age_ms} />,
    },
    { label: t('workers.version'), isRight: true, cell: ({ version }) => version },
  ]
  if (mayManage) {
    fields.push({
      label: t('workers.actions'),
      isRight: true,
      place: 'actions',
      cell: (worker) => (
        <>
          <Button size="compact-xs" variant="default" onClick={() => setOpened({ kind: 'resize', worker })}>
            {t('workers.doResize')}
          </Button>
          {worker.state === 'quiet' ? (
            <RowAction
              hint={t('workers.resumeHint')}
              onClick={() =>
                void order(client.resumeWorker(worker.name), t('workers.resume_done', { worker: worker.name }))
              }
            >
              {t('workers.doResume')}
            </RowAction>
          ) : (
            <RowAction
              hint={t('workers.quietHint')}
              onClick={() =>
                void order(client.quietWorker(worker.name), t('workers.quiet_done', { worker: worker.name }))
              }
            >
              {t('workers.doQuiet')}
            </RowAction>
          )}
          <Button size="compact-xs" variant="default" onClick={() => setOpened({ kind: 'stop', worker })}>
            {t('workers.doStop')}
          </Button>
        </>
      ),
    })
  }

  return (
    <>
      <Screen title={t('pages.workers')} query={query}>
        {({ items, broker_reachable, error }) => (
          <Stack gap="sm">
            <StoreHealth />
            {!broker_reachable && (
              <Alert color="red" role="alert">
                {t('overview.brokerDown', { error })} {t('overview.brokerDownFix')}
              </Alert>
            )}
            {items.length > 0 ? (
              <Records label={t('pages.workers')} rows={items} fields={fields} keyOf={({ name }) => name} />
            ) : (
              broker_reachable && (
                <Empty title={t('workers.none')}>
                  <span>{t('workers.noneHint')}</span>
                  <code className="mono">npx backbeat worker</code>
                </Empty>
              )
            )}
          </Stack>
        )}
      </Screen>
      {opened?.kind === 'stop' && <StopDialog worker={opened.worker} onClose={() => setOpened(null)} onDone={done} />}
      {opened?.kind === 'resize' && (
        <ResizeDialog worker={opened.worker} onClose={() => setOpened(null)} onDone={done} />
      )}
    </>
  )
}

/** What a worker does now: the newest of its jobs. */
function Running({ jobs }: { jobs: readonly JobSummary[] }) {
  const { t } = useTranslation()
  if (jobs.length === 0) return <span className="muted">{t('workers.idle')}</span>
  return (
    <>
      {jobs.slice(0, RUNNING_NAMED).map(({ id, task_type }) => (
        <div key={id}>
          <Link to="/jobs/$id" params={{ id }} preload={false}>
            {task_type}
          </Link>
        </div>
      ))}
      {jobs.length > RUNNING_NAMED && (
        <span className="muted">{t('workers.further', { count: jobs.length - RUNNING_NAMED })}</span>
      )}
    </>
  )
}
