import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

/** Readable lines on a terminal, JSON elsewhere; `LOG_LEVEL` says how much. Default: `info`. */
export function createLogger(): Logger {
  const options = { name: 'marketplace', level: process.env.LOG_LEVEL || 'info' }
  if (!process.stdout.isTTY) return pino(options)
  return pino(options, pretty({ sync: true, ignore: 'pid,hostname,name', translateTime: 'HH:MM:ss' }))
}
