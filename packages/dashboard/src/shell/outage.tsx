import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useHealth } from '../api/use-health.ts'
import { formatClock } from '../format/time.ts'
import { useConnection } from '../live/connection.ts'
import { Dot } from '../ui/status.tsx'

/** Above every screen while what it shows cannot be known: the server is away, or its database is. */
export function Outage() {
  const { t, i18n } = useTranslation()
  const { mode, heardAt } = useConnection()
  const health = useHealth()
  const queries = useQueryClient()
  const isLost = mode === 'lost'
  const isStoreDown = health?.reachable === false
  const isOut = isLost || isStoreDown

  // What was missed meanwhile is asked for once it is over.
  useEffect(() => {
    if (isOut) return () => void queries.invalidateQueries()
  }, [isOut, queries])

  if (!isOut) return null
  return (
    <div className="outage" role="alert">
      <Dot tone="red" />
      <div>
        <strong>{t(isLost ? 'state.disconnected' : 'outage.store')}</strong>
        <div>
          {isLost
            ? t('outage.serverHint', { time: heardAt === null ? '–' : formatClock(heardAt, i18n.language) })
            : t('outage.storeHint')}
        </div>
        {!isLost && health?.error && <div className="muted">{health.error}</div>}
      </div>
    </div>
  )
}
