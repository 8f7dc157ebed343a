import { afterEach, beforeEach, describe } from 'vitest'
import { access } from './conformance/access.conformance.ts'
import { auditLog } from './conformance/audit-log.conformance.ts'
import { cancelling } from './conformance/cancelling.conformance.ts'
import { claiming } from './conformance/claiming.conformance.ts'
import { clocks } from './conformance/clocks.conformance.ts'
import { theDatabase } from './conformance/database.conformance.ts'
import { failureNotifications } from './conformance/failure-notifications.conformance.ts'
import { fencing } from './conformance/fencing.conformance.ts'
import { handingOver } from './conformance/handing-over.conformance.ts'
import { hostileValues } from './conformance/hostile-values.conformance.ts'
import { inserting } from './conformance/inserting.conformance.ts'
import { insights } from './conformance/insights.conformance.ts'
import { items } from './conformance/items.conformance.ts'
import { journalling } from './conformance/journalling.conformance.ts'
import { leases } from './conformance/leases.conformance.ts'
import { listing } from './conformance/listing.conformance.ts'
import { notifications } from './conformance/notifications.conformance.ts'
import { quickJobs } from './conformance/quick-jobs.conformance.ts'
import { reporting } from './conformance/reporting.conformance.ts'
import { requests } from './conformance/requests.conformance.ts'
import { restricting } from './conformance/restricting.conformance.ts'
import { searching } from './conformance/searching.conformance.ts'
import { settling } from './conformance/settling.conformance.ts'
import { type OpenStore, Suite } from './conformance/suite.conformance.ts'
import { upgrading } from './conformance/upgrading.conformance.ts'
import { workers } from './conformance/workers.conformance.ts'

export type { OpenStore }

const TOPICS = [
  inserting,
  claiming,
  quickJobs,
  handingOver,
  restricting,
  clocks,
  fencing,
  settling,
  cancelling,
  leases,
  reporting,
  items,
  listing,
  searching,
  hostileValues,
  notifications,
  failureNotifications,
  workers,
  insights,
  journalling,
  theDatabase,
  upgrading,
  access,
  auditLog,
  requests,
]

/** What every store does, whichever database it is on. Uses the port and nothing else. */
export function describeStore(name: string, open: OpenStore): void {
  describe(name, () => {
    const suite = new Suite(open)
    beforeEach(() => suite.begin())
    afterEach(() => suite.end())
    for (const topic of TOPICS) topic(suite)
  })
}
