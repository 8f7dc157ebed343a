import { Link } from '@tanstack/react-router'
import type { Task } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { formatPercent } from '../format/percent.ts'
import { Duration } from '../ui/time.tsx'
import { endedOf } from './task-numbers.ts'

const SHARES = ['p50', 'p95', 'p99'] as const

/** How a task's jobs have been doing. */
export function TaskFigures({ task }: { task: Task }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const { failed, stuck } = task.last_24h
  return (
    <dl className="figures task-figures">
      <div className="panel">
        <dt>{t('tasks.ended')}</dt>
        <dd>{number.format(endedOf(task))}</dd>
      </div>
      <div className="panel">
        <dt>
          <Link to="/jobs" search={{ filter: `status:failed,stuck task:${task.name} since:24h` }}>
            {t('tasks.failing')}
          </Link>
        </dt>
        <dd className={failed + stuck > 0 ? 'red' : ''}>{formatPercent(task.failure_rate, i18n.language)}</dd>
      </div>
      {(['wait_ms', 'run_ms'] as const).map((name) => {
        const durations = task[name]
        return (
          <div key={name} className="panel percentiles">
            <dt title={t('tasks.sampled', { count: task.sampled })}>{t(`tasks.${name}`)}</dt>
            {SHARES.map((share) => (
              <dd key={share}>
                <span className="muted">{share}</span> {durations ? <Duration ms={durations[share]} /> : '–'}
              </dd>
            ))}
          </div>
        )
      })}
    </dl>
  )
}
