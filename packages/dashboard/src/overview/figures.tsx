import { Link } from '@tanstack/react-router'
import type { Stats, Workers } from 'backbeat/client'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Duration, Elapsed } from '../ui/time.tsx'

interface Figure {
  name: string
  value: ReactNode
  hint?: string
  /** The jobs that it counts. */
  filter?: string
}

/** How things stand, in numbers. */
export function Figures({ stats, workers }: { stats: Stats; workers: Workers | undefined }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 })
  const { last_24h: ended, waiting, counts } = stats
  const slots = workers?.items.reduce((sum, { state, slots }) => (state === 'running' ? sum + slots : sum), 0)
  const figures: Figure[] = [
    {
      name: 'running',
      value: number.format(counts.running.value),
      ...(slots !== undefined && { hint: t('overview.ofSlots', { count: slots }) }),
      filter: 'status:running',
    },
    {
      name: 'waiting',
      value: number.format(counts.pending.value + counts.retrying.value),
      hint: t('overview.dueAndLater', { due: number.format(waiting.due), later: number.format(waiting.later) }),
      filter: 'status:pending,retrying',
    },
    {
      name: 'completed',
      value: number.format(ended.completed + ended.completed_with_warnings),
      ...(ended.completed_with_warnings > 0 && {
        hint: t('overview.withWarnings', { count: ended.completed_with_warnings }),
      }),
      filter: 'status:completed,completed_with_warnings since:24h',
    },
    {
      name: 'failed',
      value: (
        <span className={ended.failed + ended.stuck > 0 ? 'red' : ''}>{number.format(ended.failed + ended.stuck)}</span>
      ),
      ...(ended.stuck > 0 && { hint: t('overview.ofThemStuck', { count: ended.stuck }) }),
      filter: 'status:failed,stuck since:24h',
    },
    { name: 'rate', value: number.format(stats.rate_per_minute), hint: t('overview.rateHint') },
    {
      name: 'oldest',
      value: waiting.oldest_due_at === null ? t('overview.none') : <Elapsed from={waiting.oldest_due_at} to={null} />,
    },
    {
      name: 'drain',
      value: waiting.due === 0 ? '–' : stats.drain_ms === null ? t('overview.never') : <Duration ms={stats.drain_ms} />,
      ...(waiting.due > 0 && stats.drain_ms === null && { hint: t('overview.neverHint') }),
    },
  ]
  return (
    <dl className="figures">
      {figures.map(({ name, value, hint, filter }) => (
        <div key={name} className="panel" data-figure={name}>
          <dt>
            {filter ? (
              <Link to="/jobs" search={{ filter }}>
                {t(`overview.${name}`)}
              </Link>
            ) : (
              t(`overview.${name}`)
            )}
          </dt>
          <dd>{value}</dd>
          {hint !== undefined && <dd className="hint">{hint}</dd>}
        </div>
      ))}
    </dl>
  )
}
