import type { Bench, Ground } from '../bench.ts'
import type { FigureKey } from '../report/figures.ts'
import { percentile } from '../report/statistics.ts'

/** Adds the three percentiles of one repetition's latencies, in milliseconds. */
export function addLatencies(
  bench: Bench,
  key: Omit<FigureKey, 'metric' | 'unit'>,
  latencies: readonly number[],
): void {
  for (const [metric, share] of [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    bench.figures.add({ ...key, metric, unit: 'ms' }, percentile(latencies, share))
  }
}

/** Whose latency is measured. */
export function latencyGrounds(bench: Bench): Promise<Ground[]> {
  return bench.grounds(({ pool, enqueuesAs }) => {
    return pool === undefined && (bench.sizes.everyVariant || enqueuesAs === undefined)
  })
}
