import { Link } from '@tanstack/react-router'
import type { JobDetail } from 'backbeat/client'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { StatusMark } from '../ui/status.tsx'
import { Elapsed } from '../ui/time.tsx'

export function JobFacts({ job }: { job: JobDetail }) {
  const { t } = useTranslation()
  const { latest_retry: retry } = job.details
  const facts: [name: string, value: ReactNode][] = [
    ['queue', job.queue],
    ['duration', <Elapsed key="duration" from={job.started_at} to={job.completed_at} />],
    ['attempt', `${job.attempt} / ${job.max_attempts}`],
    ['startedBy', job.triggered_by],
    ['worker', job.worker ?? '–'],
    ['priority', String(job.priority)],
    ['tags', job.tags.join(', ') || '–'],
  ]
  if (job.unique_key !== null) facts.push(['uniqueKey', job.unique_key])
  if (job.redeliveries > 0) facts.push(['redeliveries', String(job.redeliveries)])
  if (job.cancel_reason !== null) facts.push(['cancelReason', job.cancel_reason])
  if (job.tenant !== null) facts.push(['tenant', job.tenant])
  if (job.retried_from_id !== null) {
    facts.push(['retriedFrom', <JobLink key="from" id={job.retried_from_id} />])
  }
  if (retry) {
    facts.push([
      'retriedAs',
      <span key="as">
        <JobLink id={retry.job_id} /> <StatusMark status={retry.status} />
      </span>,
    ])
  }
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{t(`columns.${name}`)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

export function JobLink({ id }: { id: string }) {
  return (
    <Link to="/jobs/$id" params={{ id }} className="mono">
      {id.slice(0, 8)}…{id.slice(-6)}
    </Link>
  )
}
