import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { BackbeatError } from '../errors.ts'

/**
 * A new password: typed twice without being shown, or the first line of what is piped in. Never an
 * argument, which other users of the machine can see and the shell remembers.
 *
 * @throws BackbeatError `no_password`, `passwords_differ`
 */
export async function readNewPassword(): Promise<string> {
  if (!process.stdin.isTTY) {
    const [line = ''] = (await text(process.stdin)).split(/\r?\n/)
    if (line !== '') return line
    throw new BackbeatError('no_password', 'No password was given. Type it, or pipe it in as one line.')
  }
  const password = await ask('Password: ')
  if ((await ask('The same again: ')) === password) return password
  throw new BackbeatError('passwords_differ', 'The two passwords are not the same. Nothing was changed; try again.')
}

async function ask(question: string): Promise<string> {
  process.stderr.write(question)
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true })
  try {
    return await lines.question('')
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
