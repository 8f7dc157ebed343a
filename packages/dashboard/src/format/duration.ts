const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * How long something took, for people: `420 ms`, `12.4 s`, `2 m 30 s`, `3 h 05 m`, `2 d 4 h`.
 *
 * @param ms below zero counts as none: clocks of two machines differ
 */
export function formatDuration(ms: number, locale = 'en'): string {
  const whole = Math.max(0, Math.round(ms))
  if (whole < SECOND) return `${whole} ms`
  // Rounded first, so that 59.96 s is a minute.
  if (Math.round(whole / 100) < 600) return `${decimal(whole / SECOND, locale)} s`
  if (Math.round(whole / SECOND) < 3600) return pair(Math.round(whole / SECOND), 60, 'm', 's')
  if (Math.round(whole / MINUTE) < 1440) return pair(Math.round(whole / MINUTE), 60, 'h', 'm')
  return pair(Math.round(whole / HOUR), 24, 'd', 'h', 1)
}

/** Milliseconds of `90s`, `15m`, `2h`, `7d` or `2w`; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,6})(s|m|h|d|w)$/.exec(text) ?? []
  const units: Record<string, number> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY }
  return amount === undefined || unit === undefined ? undefined : Number(amount) * (units[unit] ?? 0)
}

function pair(whole: number, base: number, large: string, small: string, digits = 2): string {
  const rest = whole % base
  return `${Math.floor(whole / base)} ${large} ${String(rest).padStart(digits, '0')} ${small}`
}

function decimal(value: number, locale: string): string {
  return value.toLocaleString(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
}
