import { Tooltip } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDuration } from '../format/duration.ts'
import { formatExact, formatMoment, formatRelative } from '../format/time.ts'
import { useNow } from '../live/now.ts'

/** How long ago, with the exact time when asked. */
export function Ago({ at }: { at: string }) {
  const { i18n } = useTranslation()
  return <Time at={at}>{formatRelative(at, useNow(), i18n.language)}</Time>
}

/** A day and a time of day, with the exact time when asked. */
export function Moment({ at }: { at: string }) {
  const { i18n } = useTranslation()
  return <Time at={at}>{formatMoment(at, useNow(), i18n.language)}</Time>
}

function Time({ at, children }: { at: string; children: string }) {
  const { i18n } = useTranslation()
  // A list has hundreds of times, and a tooltip is dear: each gets one when it is pointed at.
  const [isPointedAt, setPointedAt] = useState(false)
  const time = (
    <time dateTime={at} onPointerEnter={() => setPointedAt(true)}>
      {children}
    </time>
  )
  return isPointedAt ? <Tooltip label={formatExact(at, i18n.language)}>{time}</Tooltip> : time
}

export function Duration({ ms }: { ms: number }) {
  const { i18n } = useTranslation()
  return <>{formatDuration(ms, i18n.language)}</>
}

/** How long since a time, and until another or now. */
export function Elapsed({ from, to }: { from: string | null; to: string | null }) {
  const now = useNow()
  if (from === null) return <>–</>
  return <Duration ms={(to === null ? now : Date.parse(to)) - Date.parse(from)} />
}
