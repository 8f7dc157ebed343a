import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { ByteSize } from '../byte-size.ts'
import type { Duration } from '../duration.ts'
import { checkedSettings, type WorkerSettings } from '../local-settings.ts'
import { POOL_KINDS, type PoolKind } from '../task/define.ts'
import { backbeatVersion } from '../version.ts'
import { explainCommand } from './explain.ts'
import { runWorkers } from './run-workers.ts'
import { tokensCommand } from './tokens.ts'
import { usersCommand } from './users.ts'

const HINT = 'Run with --help to see what is possible.'

interface WorkerFlags {
  app: string
  processes: number
  concurrency?: number
  queues?: string[]
  pool?: PoolKind
  jobsPerExecutor?: number
  recycleJobs?: number
  recycleMemory?: ByteSize
  maxHeap?: ByteSize
  shutdownGrace?: Duration
}

/** The commands of `backbeat`. */
export function createProgram(): Command {
  const program = new Command('backbeat')
    .description('Background tasks that say what they are doing.')
    .version(backbeatVersion(), '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError(HINT)
  program.addCommand(workerCommand())
  program.addCommand(explainCommand())
  program.addCommand(usersCommand())
  program.addCommand(tokensCommand())
  return program
}

function workerCommand(): Command {
  return new Command('worker')
    .description('Run the jobs of an application until it is stopped.')
    .option('-a, --app <file>', 'the module that exports what createBackbeat made', './backbeat.ts')
    .option(
      '-p, --processes <number>',
      'how many worker processes share the work; "auto" for one per core',
      processes,
      1,
    )
    .option('-c, --concurrency <number>', 'how many jobs each process runs at the same time (default: 10)', wholeNumber)
    .option('-q, --queues <names>', 'serve only these queues, separated by commas (default: every queue)', names)
    .addOption(new Option('--pool <kind>', 'where tasks run that do not say so themselves').choices(POOL_KINDS))
    .option('--jobs-per-executor <number>', 'how many jobs share a thread or child process (default: 1)', wholeNumber)
    .option('--recycle-jobs <number>', 'replace a thread or child process after so many jobs', wholeNumber)
    .option('--recycle-memory <size>', 'replace one that uses more memory after a job, such as 512mb')
    .option('--max-heap <size>', 'how large the JavaScript heap of a thread or child process may become')
    .option('--shutdown-grace <time>', 'how long running jobs may take to finish at the end (default: 10s)')
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError(HINT)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: WorkerFlags) => {
      const settings = settingsOf(flags)
      // Refused here, and not once in every process.
      checkedSettings(settings)
      await runWorkers(flags.processes, { app: flags.app, settings })
    })
}

const EXAMPLES = `
Options that are left out are those that createBackbeat was given.
The first Ctrl-C or SIGTERM lets running jobs finish; the second leaves at once.

Examples:
  backbeat worker --app ./backbeat.ts
  backbeat worker --processes 4 --concurrency 10     all of four cores, 40 jobs at a time
  backbeat worker --queues mail,default --pool processes
`

function settingsOf(flags: WorkerFlags): WorkerSettings {
  const { concurrency, queues, pool, jobsPerExecutor, recycleJobs, recycleMemory, maxHeap, shutdownGrace } = flags
  const recycle = {
    ...(recycleJobs !== undefined && { jobs: recycleJobs }),
    ...(recycleMemory !== undefined && { memory: recycleMemory }),
  }
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(queues !== undefined && { queues }),
    ...(pool !== undefined && { pool }),
    ...(jobsPerExecutor !== undefined && { jobsPerExecutor }),
    ...(Object.keys(recycle).length > 0 && { recycle }),
    ...(maxHeap !== undefined && { maxHeap }),
    ...(shutdownGrace !== undefined && { shutdownGrace }),
  }
}

function processes(text: string): number {
  return text === 'auto' ? availableParallelism() : wholeNumber(text)
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1) return number
  throw new InvalidArgumentError('Give a whole number of at least 1.')
}

function names(text: string): string[] {
  const queues = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  if (queues.length > 0) return queues
  throw new InvalidArgumentError('Name at least one queue.')
}
