import './job.css'
import { Alert, Group, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { BackbeatApiError } from 'backbeat/client'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { openFeed } from '../live/feed.ts'
import { Empty, Failure, Loading } from '../ui/states.tsx'
import { StatusMark } from '../ui/status.tsx'
import { Attempts } from './attempts.tsx'
import { Explain } from './explain.tsx'
import { JobActions } from './job-actions.tsx'
import { JobError } from './job-error.tsx'
import { JobFacts } from './job-facts.tsx'
import { JobItems } from './job-items.tsx'
import { JobLineage } from './job-lineage.tsx'
import { JobLog } from './job-log.tsx'
import { JobProgress } from './job-progress.tsx'
import { Timeline } from './timeline.tsx'
import { Tree } from './tree.tsx'

const route = getRouteApi('/jobs/$id')
/** Further reads of what events do not hold are this far apart at least, in milliseconds. */
const CALM_MS = 500

export function JobScreen() {
  const { t } = useTranslation()
  const { id } = route.useParams()
  const queries = useQueryClient()
  const query = useQuery({ queryKey: ['job', id], queryFn: ({ signal }) => client.job(id, { signal }) })

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    // Events hold the job as the list presents it; items, attempts and the log are read again, calmly.
    const look = () => {
      timer ??= setTimeout(() => {
        timer = undefined
        void queries.invalidateQueries({ queryKey: ['job', id] })
      }, CALM_MS)
    }
    const close = openFeed(
      { job_id: id },
      {
        onReset: look,
        onChanges: look,
        poll: () => queries.invalidateQueries({ queryKey: ['job', id] }),
      },
    )
    return () => {
      close()
      clearTimeout(timer)
    }
  }, [id, queries])

  if (query.error instanceof BackbeatApiError && query.error.status === 404) {
    return (
      <Empty title={t('job.unknown')}>
        <span>{t('job.unknownHint')}</span>
        <Link to="/jobs">{t('state.toJobs')}</Link>
      </Empty>
    )
  }
  const job = query.data
  if (!job) {
    return query.error ? <Failure error={query.error} onRetry={() => void query.refetch()} /> : <Loading />
  }
  return (
    <div
      // What was unfolded or chosen is of this job.
      key={job.id}
      className="page"
      style={{ display: 'grid', gap: 14, gridTemplateColumns: 'minmax(0, 1fr)' }}
    >
      <Group justify="space-between" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Group gap="sm" wrap="wrap">
            <Title order={1} style={{ overflowWrap: 'anywhere' }}>
              {job.task_type}
            </Title>
            <StatusMark status={job.status} />
          </Group>
          <div className="mono muted">{job.id}</div>
        </div>
        <JobActions job={job} />
      </Group>
      {job.cancel_requested_at !== null && job.status === 'running' && (
        <Alert color="gray" p="xs">
          {t('job.cancelRequested')}
        </Alert>
      )}
      <section className="panel" style={{ padding: 14 }} aria-label={t('job.timeline')}>
        <Timeline job={job} />
        <JobProgress job={job} />
      </section>
      <Explain job={job} />
      <JobError job={job} />
      <section className="panel" style={{ padding: 14 }} aria-label={t('job.facts')}>
        <JobFacts job={job} />
      </section>
      <JobLineage job={job} />
      <JobItems job={job} />
      <Attempts attempts={job.details.attempts} />
      <div className="columns">
        <section className="panel">
          <Title order={2}>{t('job.input')}</Title>
          <Tree value={job.input} />
        </section>
        <section className="panel">
          <Title order={2}>{t('job.result')}</Title>
          {job.result === null ? <div className="code muted">{t('job.noResult')}</div> : <Tree value={job.result} />}
        </section>
      </div>
      <JobLog job={job} seenAt={query.dataUpdatedAt} />
    </div>
  )
}
