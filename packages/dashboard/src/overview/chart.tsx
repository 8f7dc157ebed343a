import type { Stats } from 'backbeat/client'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { formatExact } from '../format/time.ts'
import { Dot } from '../ui/status.tsx'

type Series = Stats['series']

const HEIGHT = 180

/** What came to rest over time, in bars; failures stand below. */
export const Chart = memo(function Chart({ series }: { series: Series }) {
  const { t, i18n } = useTranslation()
  const bars = series.points.map(({ at, ...counts }) => ({
    at,
    good: counts.completed,
    warned: counts.completed_with_warnings,
    bad: counts.failed + counts.stuck,
  }))
  const most = Math.max(1, ...bars.map(({ good, warned, bad }) => good + warned + bad))
  const sum = (name: 'good' | 'warned' | 'bad') => bars.reduce((total, bar) => total + bar[name], 0)
  const axis = new Intl.DateTimeFormat(
    i18n.language,
    series.window === 'week'
      ? { weekday: 'short', day: 'numeric', month: 'short' }
      : { hour: '2-digit', minute: '2-digit' },
  )
  const formatAxis = (at: string) => axis.format(new Date(at))
  const number = new Intl.NumberFormat(i18n.language)
  return (
    <figure style={{ margin: 0 }}>
      <div className="chart" style={{ height: HEIGHT }} aria-hidden="true">
        <span className="chart-most muted">{number.format(most)}</span>
        {bars.map(({ at, good, warned, bad }) => (
          <div
            key={at}
            title={t('overview.between', { from: formatExact(at, i18n.language), good: good + warned, bad })}
          >
            <i data-tone="green" style={{ height: `${(good / most) * 100}%` }} />
            <i data-tone="amber" style={{ height: `${(warned / most) * 100}%` }} />
            <i data-tone="red" style={{ height: `${(bad / most) * 100}%` }} />
          </div>
        ))}
      </div>
      <div className="axis muted" aria-hidden="true">
        <span>{formatAxis(series.from)}</span>
        <span>{formatAxis(series.points[Math.floor(series.points.length / 2)]?.at ?? series.from)}</span>
        <span>{t('overview.now')}</span>
      </div>
      <figcaption className="legend">
        <span className="muted">{t('overview.since', { from: formatExact(series.from, i18n.language) })}</span>
        {(['good', 'warned', 'bad'] as const).map((name, index) => (
          <span key={name} className="status">
            <Dot tone={['green', 'amber', 'red'][index] ?? 'gray'} />
            {t(`overview.${name}`)} {number.format(sum(name))}
          </span>
        ))}
      </figcaption>
    </figure>
  )
})
