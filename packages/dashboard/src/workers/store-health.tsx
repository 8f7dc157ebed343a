import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useHealth } from '../api/use-health.ts'
import { formatDuration } from '../format/duration.ts'
import { Dot } from '../ui/status.tsx'

/** How the database is, in a line. */
export function StoreHealth(): ReactNode {
  const { t, i18n } = useTranslation()
  const health = useHealth()
  if (!health) return null
  const { reachable, latency_ms, url } = health
  return (
    <div className="panel health">
      <span className="status">
        <Dot tone={reachable ? 'green' : 'red'} />
        {t(reachable ? 'workers.storeUp' : 'outage.store')}
      </span>
      {latency_ms !== null && (
        <span>{t('workers.storeLatency', { time: formatDuration(Math.max(1, latency_ms), i18n.language) })}</span>
      )}
      <span className="mono muted clip">{url}</span>
    </div>
  )
}
