import type { Stats } from 'backbeat/client'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { formatAxis, formatExact } from '../format/time.ts'
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
  const most = Math.max(0, ...bars.map(({ good, warned, bad }) => good + warned + bad))
  const sum = (name: 'good' | 'warned' | 'bad') => bars.reduce((total, bar) => total + bar[name], 0)
  const height = (count: number) => `${most === 0 ? 0 : (count / most) * 100}%`
  const axis = (at: string) => formatAxis(at, i18n.language, series.window === 'week')
  const number = new Intl.NumberFormat(i18n.language)
  return (
    <figure style={{ margin: 0 }}>
      <div className="chart" style={{ height: HEIGHT }} aria-hidden="true">
        {most === 0 ? (
          <span className="chart-none muted">{t('overview.nothingEnded')}</span>
        ) : (
          <span className="chart-most muted">{number.format(most)}</span>
        )}
        {bars.map(({ at, good, warned, bad }) => (
          <div
            key={at}
            title={t('overview.between', { from: formatExact(at, i18n.language), good: good + warned, bad })}
          >
            <i data-tone="green" style={{ height: height(good) }} />
            <i data-tone="amber" style={{ height: height(warned) }} />
            <i data-tone="red" style={{ height: height(bad) }} />
          </div>
        ))}
      </div>
      <div className="axis muted" aria-hidden="true">
        <span>{axis(series.from)}</span>
        <span>{axis(series.points[Math.floor(series.points.length / 2)]?.at ?? series.from)}</span>
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
