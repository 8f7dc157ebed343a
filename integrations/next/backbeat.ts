import { createBackbeat } from 'backbeat'
import { greet } from './tasks.ts'

export const backbeat = createBackbeat({
  module: import.meta.url,
  store: process.env.BACKBEAT_STORE ?? 'sqlite:.data/backbeat.db',
  tasks: [greet],
})
