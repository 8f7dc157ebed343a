import type { JobDetail } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { Dot, type Status, toneOf } from '../ui/status.tsx'
import { Ago, Duration } from '../ui/time.tsx'

interface Moment {
  label: string
  at: string
  tone: string
  /** Since the moment before, in milliseconds. */
  after: number | null
}

/** What happened to a job, and how long each part took. */
export function Timeline({ job }: { job: JobDetail }) {
  const { t } = useTranslation()
  return (
    <ol className="timeline">
      {momentsOf(job).map(({ label, at, tone, after }) => (
        <li key={`${label} ${at}`}>
          <Dot tone={tone} />
          <div>{t(`timeline.${label}`, { defaultValue: t(`status.${label}`) })}</div>
          <div className="muted" style={{ fontSize: '0.75rem' }}>
            <Ago at={at} />
            {after !== null && (
              <>
                {' · +'}
                <Duration ms={after} />
              </>
            )}
          </div>
        </li>
      ))}
    </ol>
  )
}

function momentsOf(job: JobDetail): Moment[] {
  const told: Omit<Moment, 'after'>[] = [{ label: 'created', at: job.created_at, tone: 'hollow' }]
  for (const { started_at, ended_at, outcome } of job.details.attempts.slice(-4)) {
    told.push({ label: 'started', at: started_at, tone: 'accent' })
    if (ended_at !== null && ended_at !== job.completed_at) {
      told.push({ label: outcome, at: ended_at, tone: outcome === 'completed' ? 'green' : 'amber' })
    }
  }
  if (job.completed_at !== null)
    told.push({ label: job.status, at: job.completed_at, tone: toneOf(job.status as Status) })
  else if (job.status === 'retrying' || Date.parse(job.run_at) > Date.now()) {
    told.push({ label: 'due', at: job.run_at, tone: 'hollow' })
  }
  return told.map((moment, index) => {
    const before = told[index - 1]
    return { ...moment, after: before ? Date.parse(moment.at) - Date.parse(before.at) : null }
  })
}
