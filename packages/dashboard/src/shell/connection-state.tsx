import { Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatClock, formatRelative } from '../format/time.ts'
import { type ConnectionMode, useConnection } from '../live/connection.ts'
import { useNow } from '../live/now.ts'
import { Dot } from '../ui/status.tsx'

const TONES: Record<ConnectionMode, string> = {
  connecting: 'hollow',
  live: 'green',
  polling: 'amber',
  connected: 'green',
  lost: 'red',
}
/** The server says something at least so often; less is no news. */
const FRESH_MS = 5000

/** Whether what is shown is live, and how old it is. */
export function ConnectionState() {
  const { t, i18n } = useTranslation()
  const { mode, heardAt } = useConnection()
  const now = useNow()
  const hint = t(`connection.${mode}Hint`)
  const isFresh = heardAt === null || now - heardAt < FRESH_MS
  return (
    <Tooltip label={heardAt === null ? hint : `${hint} · ${formatClock(heardAt, i18n.language)}`}>
      <span className="connection" data-mode={mode} role="status">
        <Dot tone={TONES[mode]} />
        <span>
          {t(`connection.${mode}`)}
          {!isFresh && (mode === 'polling' || mode === 'lost') && heardAt !== null && (
            <span className="connection-age"> · {formatRelative(heardAt, now, i18n.language)}</span>
          )}
        </span>
      </span>
    </Tooltip>
  )
}
