import type { Job } from '../src/job/job.ts'

/** What a transactional task wrote is there exactly once where its job is done, and not at all where it is not. */
export function auditPostings(
  { id, taskType, status }: Job,
  times: number,
): { wasNotDone: string[]; doneTwice: string[] } {
  const wanted = taskType === 'faults.post' && status === 'completed' ? 1 : 0
  const said = `job ${id} (${taskType}) is ${status}, and has written ${times} times in its transaction`
  return { wasNotDone: times < wanted ? [said] : [], doneTwice: times > wanted ? [said] : [] }
}
