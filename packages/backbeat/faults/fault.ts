import type { AttemptOutcome } from '../src/job/job.ts'
import type { Harm } from './fleet.ts'
import type { Ground } from './ground.ts'

/** Something that goes wrong, done on purpose. */
export interface Fault {
  /** What goes wrong, in a few words: names a row of the table. */
  name: string
  /** How attempts may end because of it; any other end but a task's own is the engine's fault. */
  mayLeave: readonly AttemptOutcome[]
  /** What it does to workers, where it is done to them. */
  harm?: Harm['kind']
  /** Does the harm once, and resolves when it is over. */
  inject(ground: Ground): Promise<void>
}
