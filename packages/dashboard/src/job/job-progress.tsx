import type { JobDetail } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { formatDuration } from '../format/duration.ts'
import { formatPercent } from '../format/percent.ts'
import { remainingMs } from '../format/remaining.ts'
import { useNow } from '../live/now.ts'

/** How far a job is, and when it may be done. */
export function JobProgress({ job }: { job: JobDetail }) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  if (job.total_items === 0 && job.progress_percent === 0) return null
  const rest =
    job.status === 'running' && job.started_at !== null ? remainingMs(job, Date.parse(job.started_at), now) : null
  const number = new Intl.NumberFormat(i18n.language)
  return (
    <div style={{ marginTop: 14 }}>
      <div
        style={{ display: 'flex', justifyContent: 'space-between', gap: 12, fontSize: '0.8125rem', marginBottom: 6 }}
      >
        <span>
          <b>{formatPercent(job.progress_percent / 100, i18n.language)}</b>{' '}
          <span className="muted">{job.progress_message}</span>
        </span>
        <span className="muted">
          {job.total_items > 0 && `${number.format(job.processed_items)} / ${number.format(job.total_items)}`}
          {rest !== null && (
            <>
              {' · '}
              {t('job.remaining', { time: formatDuration(rest, i18n.language) })}
            </>
          )}
        </span>
      </div>
      <div
        className="bar"
        style={{ height: 6 }}
        role="progressbar"
        aria-valuenow={job.progress_percent}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-label={t('job.progress')}
      >
        <i style={{ width: `${job.progress_percent}%` }} />
      </div>
    </div>
  )
}
