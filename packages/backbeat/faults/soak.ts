// Harms a working system at random for as long as it is told, then lets it come to rest and counts.
//
//   npm run soak -- --minutes 30 [--store <url>] [--seed 7]
//
// Without --store on a SQLite file of its own, with `--store postgres` on a Postgres server of its
// own. A database that is named must be empty: everybody who uses it is harmed.
import { parseArgs } from 'node:util'
import { pickDatabase } from './databases.ts'
import { Ground } from './ground.ts'
import { Random } from './random.ts'
import { soakFaults } from './soak-faults.ts'
import { Tally } from './tally.ts'
import { conclude } from './trial.ts'
import { sleep } from './waiting.ts'

const PER_SECOND = 15
const WORKERS = 3
const BETWEEN_MS = [500, 4000] as const

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, store: { type: 'string' }, seed: { type: 'string' } },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
if (!(minutes > 0 && minutes <= 24 * 60) || !Number.isInteger(seed)) {
  console.error('Give --minutes as a number up to 1440, and --seed as a whole number.')
  process.exit(2)
}

const kind = await pickDatabase(values.store)
const random = new Random(seed)
const ground = await Ground.prepare(kind, { workers: WORKERS, leaseMs: 2000, seed })
process.once('SIGINT', () => void ground.close().then(() => process.exit(130)))
const faults = soakFaults(ground)
const tally = new Tally(faults)
console.error(
  `Soaking ${kind.name} for ${minutes} minutes with seed ${seed}: ${[...new Set(faults.map(({ name }) => name))].join('; ')}`,
)

const startedAt = Date.now()
const endAt = startedAt + minutes * 60_000
ground.load.start(PER_SECOND)
while (Date.now() < endAt) {
  await sleep(Math.min(random.integer(...BETWEEN_MS), Math.max(0, endAt - Date.now())))
  await tally.inject(random.pick(faults), ground)
}
await ground.load.stop()
await ground.fleet.whole()

const mayLeave = faults.flatMap((fault) => [...fault.mayLeave])
const trial = await conclude(ground, { name: 'all', mayLeave }, tally.total)
const { audit, row, late, unexplained } = trial
await ground.database.check().catch((error: Error) => audit.violations.push(error.message))
const sound = [audit.lost, audit.doubled, audit.violations, late, unexplained].every((found) => found.length === 0)
const summary = {
  sound,
  store: kind.name,
  seed,
  minutes,
  seconds: Math.round((Date.now() - startedAt) / 1000),
  enqueued: audit.enqueued,
  resting: audit.resting,
  statuses: audit.statuses,
  attempts: audit.attempts,
  transactional: audit.transactional,
  refusals: ground.load.refusals,
  faults: await tally.rows(trial, ground),
  all: row,
  lost: audit.lost.slice(0, 20),
  doubled: audit.doubled.slice(0, 20),
  violations: audit.violations.slice(0, 20),
  late: late.slice(0, 20),
  unexplained,
}
if (!sound) console.error(ground.fleet.log().slice(-20_000))
await ground.close()
console.log(JSON.stringify(summary, null, 2))
process.exitCode = sound && audit.enqueued > 0 ? 0 : 1
