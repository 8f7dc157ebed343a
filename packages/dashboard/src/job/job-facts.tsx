import { Link } from '@tanstack/react-router'
import type { JobDetail } from 'backbeat/client'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { quoted } from '../filter/language.ts'
import { Breakable } from '../ui/breakable.tsx'
import { Elapsed } from '../ui/time.tsx'

export function JobFacts({ job }: { job: JobDetail }) {
  const { t } = useTranslation()
  const facts: [name: string, value: ReactNode][] = [
    ['queue', <Breakable key="queue" text={job.queue} />],
    ['duration', <Elapsed key="duration" from={job.started_at} to={job.completed_at} />],
    ['attempt', `${job.attempt} / ${job.max_attempts}`],
    [
      'startedBy',
      <Link key="by" to="/jobs" search={{ filter: `by:${quoted(job.triggered_by)}` }}>
        <Breakable text={job.triggered_by} />
      </Link>,
    ],
    ['worker', job.worker === null ? '–' : <Breakable key="worker" text={job.worker} />],
    ['priority', String(job.priority)],
    ['tags', job.tags.length === 0 ? '–' : <Breakable key="tags" text={job.tags.join(', ')} />],
  ]
  if (job.unique_key !== null) facts.push(['uniqueKey', <Breakable key="unique" text={job.unique_key} />])
  if (job.redeliveries > 0) facts.push(['redeliveries', String(job.redeliveries)])
  if (job.cancel_reason !== null) facts.push(['cancelReason', job.cancel_reason])
  if (job.tenant !== null) facts.push(['tenant', <Breakable key="tenant" text={job.tenant} />])
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name} className={name === 'uniqueKey' ? 'wide-fact' : ''}>
          <dt>{t(`columns.${name}`)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
