import { Button } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ErrorGroup, ErrorGroups } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { formatExact } from '../format/time.ts'
import { Ago } from '../ui/time.tsx'

interface FaultProps {
  group: ErrorGroup
  series: ErrorGroups['series']
  /** Whether a link led to just this one. */
  isNamed: boolean
  /** Absent for those who may not. */
  onRetry?: () => void
}

/** One fault: what it says, how often and when it came, which tasks it hit. */
export function Fault({ group, series, isNamed, onRetry }: FaultProps) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const message = group.latest_message ?? group.message
  const [newest] = group.sample_job_ids
  return (
    <li
      className="panel fault"
      data-fault={group.fingerprint}
      aria-current={isNamed || undefined}
      ref={isNamed ? showFault : undefined}
    >
      <div className="fault-text">
        <div className="fault-message">
          {newest ? (
            <Link to="/jobs/$id" params={{ id: newest }} className="fault-link">
              {message}
            </Link>
          ) : (
            message
          )}
        </div>
        <div className="fault-tasks">
          <span className="muted">{group.error_type}</span>
          {group.tasks.map(({ task_type, count }) => (
            <Link key={task_type} to="/jobs" search={{ filter: `status:failed,stuck task:${task_type}` }}>
              {task_type}
              {group.tasks.length > 1 && <span className="muted"> × {number.format(count)}</span>}
            </Link>
          ))}
        </div>
      </div>
      <FaultChart counts={group.counts} series={series} />
      <dl className="fault-facts">
        <div>
          <dt>{t('errors.count')}</dt>
          <dd className="fault-count">{number.format(group.count)}</dd>
        </div>
        <div>
          <dt>{t('errors.first')}</dt>
          <dd>
            <Ago at={group.first_seen_at} />
          </dd>
        </div>
        <div>
          <dt>{t('errors.last')}</dt>
          <dd>
            <Ago at={group.last_seen_at} />
          </dd>
        </div>
      </dl>
      {onRetry && (
        <div className="fault-actions">
          <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={onRetry}>
            {t('errors.retry')}
          </Button>
        </div>
      )}
    </li>
  )
}

function showFault(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' })
}

/** How often the fault came, over time. */
function FaultChart({ counts, series }: { counts: readonly number[]; series: ErrorGroups['series'] }) {
  const { t, i18n } = useTranslation()
  const most = Math.max(1, ...counts)
  const sum = counts.reduce((total, count) => total + count, 0)
  const start = Date.parse(series.from)
  return (
    <div
      className="fault-chart"
      role="img"
      aria-label={t('errors.chart', { count: sum, window: t(`overview.${series.window}`), most })}
    >
      {counts.map((count, index) => {
        const at = start + index * series.bucket_ms
        return (
          <span key={at} title={t('errors.at', { time: formatExact(at, i18n.language), count })}>
            <i style={{ height: `${(count / most) * 100}%` }} data-count={count} />
          </span>
        )
      })}
    </div>
  )
}
