#!/usr/bin/env node
import { BackbeatError } from '../errors.ts'
import { createProgram } from './program.ts'

try {
  await createProgram().parseAsync()
} catch (error) {
  if (error instanceof BackbeatError) console.error(`backbeat: ${error.message} [${error.code}]`)
  else console.error(error)
  process.exit(1)
}
