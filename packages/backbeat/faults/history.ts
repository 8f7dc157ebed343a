import type { Attempt, Job } from '../src/job/job.ts'
import type { Effect } from './effects.ts'

/** One job with everything that is known of it. */
export interface JobHistory {
  job: Job
  attempts: Attempt[]
  effects: Effect[]
}
