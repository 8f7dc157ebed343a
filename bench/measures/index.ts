import type { Measure } from '../bench.ts'
import { drainMeasure } from './drain.ts'
import { enqueueMeasure } from './enqueue.ts'
import { enqueueSingleMeasure } from './enqueue-single.ts'
import { historyMeasure } from './history.ts'
import { itemsMeasure } from './items.ts'
import { listMeasure } from './list.ts'
import { memoryMeasure } from './memory.ts'
import { pickUpMeasure } from './pick-up.ts'
import { poolsMeasure } from './pools.ts'
import { sustainedMeasure } from './sustained.ts'

/** In the order in which they run: those that leave finished jobs behind come last. */
export const MEASURES: readonly Measure[] = [
  enqueueMeasure,
  enqueueSingleMeasure,
  pickUpMeasure,
  sustainedMeasure,
  drainMeasure,
  memoryMeasure,
  poolsMeasure,
  itemsMeasure,
  historyMeasure,
  listMeasure,
]
