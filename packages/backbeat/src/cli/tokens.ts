import { Command, Option } from 'commander'
import { permissionOf, ROLES, type Role } from '../access/permissions.ts'
import type { Duration } from '../duration.ts'
import { commandActor, printTable, shownTime, withAccess } from './access.ts'

const APP = ['-a, --app <file>', 'the module that exports what createBackbeat made', './backbeat.ts'] as const

interface CreateFlags {
  app: string
  role?: Role
  tasks?: string[]
  expires?: Duration
}

/** `backbeat tokens`: the secrets that programs identify themselves with. */
export function tokensCommand(): Command {
  const tokens = new Command('tokens').description('Create, list and revoke API tokens.')
  tokens
    .command('create <name>')
    .description('Make a token. Its secret is printed now and never again.')
    .addOption(
      new Option(
        '-r, --role <role>',
        'what it may do (default: start its tasks, and read the jobs that it started)',
      ).choices(ROLES),
    )
    .option('-t, --tasks <patterns>', 'only these tasks, separated by commas, such as "catalog.*"', words)
    .option('-e, --expires <time>', 'how long it is valid, such as 90d (default: until it is revoked)')
    .option(...APP)
    .action(async (name: string, { app, role, tasks, expires }: CreateFlags) => {
      await withAccess(app, async (access) => {
        const permission = role === undefined ? null : permissionOf(role)
        const options = { name, permission, tasks: tasks ?? null, expires: expires ?? null }
        const { token, secret } = await access.tokens.create(options, commandActor())
        console.error(`The secret of ${token.name}, which is not shown again:`)
        console.log(secret)
      })
    })
  tokens
    .command('list')
    .description('List the tokens, without their secrets.')
    .option(...APP)
    .action(async ({ app }: { app: string }) => {
      await withAccess(app, async (access) => {
        const rows = (await access.tokens.list()).map((token) => [
          token.name,
          token.permission ?? '-',
          token.tasks?.join(',') ?? 'every task',
          shownTime(token.expiresAt),
          shownTime(token.revokedAt),
          shownTime(token.lastUsedAt),
        ])
        printTable(['NAME', 'PERMISSION', 'TASKS', 'EXPIRES', 'REVOKED', 'LAST USED'], rows)
      })
    })
  tokens
    .command('revoke <name>')
    .description('Make a token useless at once.')
    .option(...APP)
    .action(async (name: string, { app }: { app: string }) => {
      await withAccess(app, async (access) => {
        await access.tokens.revoke(name, commandActor())
        console.log(`The token ${name} is of no use any more.`)
      })
    })
  return tokens
}

function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
}
