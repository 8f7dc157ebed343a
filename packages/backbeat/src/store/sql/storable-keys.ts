import type { Restrictions } from '../../job/admission.ts'
import type { NewJob } from '../store.ts'
import { storableKey } from './values.ts'

/** The job with all that it is looked up by in a form that any database can hold. */
export function withStorableKeys(job: NewJob): NewJob {
  if (job.uniqueKey === null && job.tenant === null && job.restrictions === null) return job
  return {
    ...job,
    uniqueKey: job.uniqueKey === null ? null : storableKey(job.uniqueKey),
    tenant: job.tenant === null ? null : storableKey(job.tenant),
    restrictions: job.restrictions && storableRestrictions(job.restrictions),
  }
}

function storableRestrictions({ concurrency, rate }: Restrictions): Restrictions {
  return {
    concurrency: concurrency.map((limit) => ({ ...limit, key: storableKey(limit.key) })),
    rate: rate && { ...rate, key: storableKey(rate.key) },
  }
}
