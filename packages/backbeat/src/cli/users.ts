import { Command, Option } from 'commander'
import { ROLES, type Role } from '../access/permissions.ts'
import { commandActor, printTable, shownTime, withAccess } from './access.ts'
import { readNewPassword } from './password.ts'

const APP = ['-a, --app <file>', 'the module that exports what createBackbeat made', './backbeat.ts'] as const

/** `backbeat users`: who may sign in. */
export function usersCommand(): Command {
  const users = new Command('users').description('Add, list and disable the users who sign in to the API.')
  users
    .command('add <name>')
    .description('Add a user. The password is asked for, or read as one line from standard input.')
    .addOption(new Option('-r, --role <role>', 'what they may do').choices(ROLES).default('viewer'))
    .option(...APP)
    .action(async (name: string, { app, role }: { app: string; role: Role }) => {
      const password = await readNewPassword()
      await withAccess(app, async (access) => {
        const user = await access.users.add({ name, role, password }, commandActor())
        console.log(`${user.name} may sign in now, as ${user.role}.`)
      })
    })
  users
    .command('list')
    .description('List the users.')
    .option(...APP)
    .action(async ({ app }: { app: string }) => {
      await withAccess(app, async (access) => {
        const rows = (await access.users.list()).map((user) => [
          user.name,
          user.role,
          shownTime(user.createdAt),
          shownTime(user.disabledAt),
        ])
        printTable(['NAME', 'ROLE', 'CREATED', 'DISABLED'], rows)
      })
    })
  users
    .command('disable <name>')
    .description('Refuse a user, and end their sessions.')
    .option(...APP)
    .action(async (name: string, { app }: { app: string }) => {
      await withAccess(app, async (access) => {
        const user = await access.users.change(name, { disabled: true }, commandActor())
        console.log(`${user.name} may not sign in any more.`)
      })
    })
  return users
}
