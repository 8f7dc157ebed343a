import { Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { JobDetail } from 'backbeat/client'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { quoted } from '../filter/language.ts'
import { StatusMark } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'
import { JobLink } from './job-link.tsx'

/** What is told apart by the word before the colon of `triggered_by`. */
const ORIGINS: Record<string, string> = { scheduled: 'schedule', workflow: 'workflow' }

/** Where a job comes from, and which jobs do its work again. */
export function JobLineage({ job }: { job: JobDetail }) {
  const { t } = useTranslation()
  const [word = '', ...rest] = job.triggered_by.split(':')
  const origin = ORIGINS[word]
  const { retries } = job.details
  if (origin === undefined && job.retried_from_id === null && retries.length === 0) return null
  return (
    <section className="panel">
      <Title order={2}>{t('job.lineage')}</Title>
      <dl className="lineage">
        {origin !== undefined && (
          <Row name={t(`job.${origin}`)}>
            <Link to="/jobs" search={{ filter: `by:${quoted(job.triggered_by)}` }}>
              {rest.join(':')}
            </Link>
          </Row>
        )}
        {job.retried_from_id !== null && (
          <Row name={t('columns.retriedFrom')}>
            <Parent id={job.retried_from_id} />
            {job.retry_scope === 'failed_items' && <span className="muted">{t('job.failedItemsOnly')}</span>}
          </Row>
        )}
        {retries.length > 0 && (
          <Row name={t('columns.retriedAs')}>
            <RetryList retries={retries} />
          </Row>
        )}
      </dl>
    </section>
  )
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Parent({ id }: { id: string }) {
  const { data } = useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => client.job(id, { signal }),
    staleTime: 30_000,
  })
  return (
    <span className="kin">
      <JobLink id={id} />
      {data && <StatusMark status={data.status} />}
      {data && <Ago at={data.created_at} />}
    </span>
  )
}

/** The jobs that do the work of one again, the newest first. */
export function RetryList({ retries }: { retries: JobDetail['details']['retries'] }) {
  const { t } = useTranslation()
  return (
    <ul className="kin-list">
      {retries.map(({ job_id, status, scope, triggered_by, created_at }) => (
        <li key={job_id} className="kin">
          <JobLink id={job_id} />
          <StatusMark status={status} />
          <span className="muted">
            <Ago at={created_at} /> · {triggered_by}
            {scope === 'failed_items' && ` · ${t('job.failedItemsOnly')}`}
          </span>
        </li>
      ))}
    </ul>
  )
}
