import type { Machine } from '../machine.ts'
import type { Sizes } from '../sizes.ts'
import type { Figure } from './figures.ts'
import type { Goal } from './goals.ts'
import type { Limit } from './limits.ts'

/** One run of the bench, as it is written to a file. */
export interface Result {
  at: string
  machine: Machine
  sizes: Sizes
  /** What each contender promises, and how it was set up. */
  contenders: { name: string; contract: string; settings: string }[]
  /** What each measure measures. */
  measures: { name: string; description: string }[]
  figures: Figure[]
  /** What was not measured, and why. */
  skipped: string[]
  goals: Goal[]
  /** How near Backbeat is to the limit; absent in older results. */
  limits: Limit[]
}
