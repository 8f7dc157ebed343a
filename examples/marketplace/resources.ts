import { join } from 'node:path'
import { openShopDatabase, type ShopDatabase } from './database.ts'
import { dataFolder } from './settings.ts'

declare module 'backbeat' {
  interface Resources {
    /** The shop's own database. */
    db: ShopDatabase
  }
}

/** What each executor opens once and every task of the shop finds on `ctx`. */
export const resources = {
  db: () => openShopDatabase(join(dataFolder(), 'shop.db')),
}
