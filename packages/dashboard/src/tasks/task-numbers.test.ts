import type { Session, Task } from 'backbeat/client'
import { expect, test } from 'vitest'
import { matching, mayChoose, mayStart } from './task-numbers.ts'

const session = (fields: Partial<Session>) => ({ permissions: [], tasks: null, starts: [], ...fields }) as never

test('tasks are found by words of their name, description and queue', () => {
  const tasks = [
    { name: 'catalog.product_import', description: 'Imports a feed', queue: 'long' },
    { name: 'mail.send', description: '', queue: 'mail' },
  ] as Task[]
  const names = (text: string) => matching(tasks, text).map(({ name }) => name)
  expect(names('')).toHaveLength(2)
  expect(names('feed PRODUCT')).toEqual(['catalog.product_import'])
  expect(names('mail feed')).toEqual([])
})

test('who manages a task may start it and choose how; who may start it may only start it', () => {
  const operator = session({ permissions: ['background_tasks.manage'], tasks: ['catalog.*'] })
  expect([mayChoose(operator, 'catalog.import'), mayChoose(operator, 'mail.send')]).toEqual([true, false])
  const starter = session({ permissions: ['background_tasks.view'], starts: ['mail.*'] })
  expect([mayStart(starter, 'mail.send'), mayChoose(starter, 'mail.send')]).toEqual([true, false])
  expect(mayStart(starter, 'mailbox.send')).toBe(false)
})
