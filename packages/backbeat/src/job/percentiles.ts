/** What half, nearly all and all but the slowest of some durations stay below, in milliseconds. */
export interface Percentiles {
  p50: number
  p95: number
  p99: number
}

/** The percentiles of some values, each one of them; `null` of none. */
export function percentilesOf(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
