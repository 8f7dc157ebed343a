import type { Context } from 'hono'
import { validate } from 'uuid'
import { requireManage, requireView } from '../../access/decisions.ts'
import type { Principal } from '../../access/principal.ts'
import type { Client } from '../../client/client.ts'
import { UnknownJobError } from '../../errors.ts'
import type { Job } from '../../job/job.ts'
import type { HttpEnv } from '../http-parts.ts'

/** A request whose path names a job. */
export type JobRequest = Context<HttpEnv, string, { out: { param: { job_id: string } } }>

/** An id that some store could have given. @throws UnknownJobError where it cannot be one */
export function knownJobId(text: string): string {
  if (!validate(text)) throw new UnknownJobError(text)
  return text.toLowerCase()
}

/** The job, where the principal may see it. @throws UnknownJobError */
export async function readableJob(client: Client, principal: Principal, id: string): Promise<Job> {
  const job = await client.get(knownJobId(id))
  requireView(principal, job)
  return job
}

/** The job, where the principal may change it. @throws UnknownJobError, and BackbeatError `forbidden` */
export async function changeableJob(client: Client, principal: Principal, id: string): Promise<Job> {
  const job = await client.get(knownJobId(id))
  requireManage(principal, job)
  return job
}
