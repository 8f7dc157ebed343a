import { BackbeatError } from './errors.ts'

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

type Unit = keyof typeof UNIT_MS

/** A length of time: milliseconds, or a number with a unit, such as `'90s'`, `'10m'`, `'1.5h'` or `'7d'`. */
export type Duration = number | `${number}${Unit}`

/**
 * A duration in milliseconds.
 *
 * @param name what the duration is for, named in the error
 * @throws BackbeatError `invalid_duration` where it is negative, not finite or has no known unit
 * @example toMs('90s') // 90000
 */
export function toMs(duration: Duration, name = 'duration'): number {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) : null
  const ms = match ? Number(match[1]) * UNIT_MS[match[2] as Unit] : duration
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0) {
    throw new BackbeatError(
      'invalid_duration',
      `${name} is ${JSON.stringify(duration)}. Give milliseconds as a number, or a number with ms, s, m, h or d, such as '90s'.`,
    )
  }
  return Math.round(ms)
}
