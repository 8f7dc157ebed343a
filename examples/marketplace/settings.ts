import { join, resolve } from 'node:path'

/** Where the shop keeps its files: `MARKETPLACE_DATA`, or `.data` at the root of the repository. */
export function dataFolder(): string {
  return resolve(process.env.MARKETPLACE_DATA || join(import.meta.dirname, '..', '..', '.data'))
}

/** The only folder that feeds are read from: `MARKETPLACE_FEEDS`, or `feeds` in the data folder. */
export function feedsFolder(): string {
  return resolve(process.env.MARKETPLACE_FEEDS || join(dataFolder(), 'feeds'))
}

/**
 * What feeds may be fetched from although it is not public, separated by commas: `MARKETPLACE_FEED_ADDRESSES`.
 * Default: this machine, which serves the sample feeds; nothing in production.
 */
export function feedAddresses(): string[] {
  const fallback = process.env.NODE_ENV === 'production' ? '' : 'localhost,127.0.0.0/8,::1'
  return (process.env.MARKETPLACE_FEED_ADDRESSES ?? fallback).split(',').filter(Boolean)
}

/** Where jobs are kept: `BACKBEAT_STORE`, or a SQLite file in the data folder. */
export function storeUrl(): string {
  return process.env.BACKBEAT_STORE || `sqlite:${join(dataFolder(), 'backbeat.db')}`
}

/** The port to listen on: `PORT`, or 4000. */
export function port(): number {
  const port = Number(process.env.PORT || 4000)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new Error(`PORT is ${process.env.PORT}. Give a number from 0 to 65535.`)
}

/** The address to listen on: `HOST`, or this machine only. */
export function host(): string {
  return process.env.HOST || '127.0.0.1'
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/** The token that may do everything: `BACKBEAT_ADMIN_TOKEN`, if it is set. */
export function adminToken(): string | undefined {
  return process.env.BACKBEAT_ADMIN_TOKEN || undefined
}
