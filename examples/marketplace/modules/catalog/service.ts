import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Product } from './product.ts'

/** What {@link ProductRepository.upsert} did. */
export type UpsertOutcome = 'created' | 'updated' | 'unchanged'

/** A product as the shop keeps it. Times are milliseconds since 1970 in UTC. */
export interface StoredProduct extends Product {
  /** Rises by one with each change, from 1. */
  revision: number
  createdAt: number
  updatedAt: number
}

/** The products of all shops, by shop and SKU. */
export class ProductRepository {
  readonly #upsert: StatementSync
  readonly #count: StatementSync
  readonly #list: StatementSync
  readonly #find: StatementSync

  constructor(sql: DatabaseSync) {
    // One statement, so that two connections that write the same product cannot come between a
    // read and a write. It returns nothing where nothing differs, and then writes nothing.
    this.#upsert = sql.prepare(`
      INSERT INTO products (shop, sku, title, description, price_cents, stock, revision, created_at, updated_at)
      VALUES (:shop, :sku, iif(:title = '', :sku, :title), :description, :priceCents, :stock, 1, :now, :now)
      ON CONFLICT (shop, sku) DO UPDATE SET
        title = iif(:title = '', title, :title),
        description = excluded.description,
        price_cents = excluded.price_cents,
        stock = excluded.stock,
        revision = revision + 1,
        updated_at = excluded.updated_at
      WHERE (iif(:title = '', title, :title), excluded.description, excluded.price_cents, excluded.stock)
        IS NOT (title, description, price_cents, stock)
      RETURNING revision`)
    this.#count = sql.prepare('SELECT count(*) AS products FROM products WHERE shop = ?')
    this.#list = sql.prepare(`${SELECT} WHERE shop = ? AND sku > ? ORDER BY sku LIMIT ?`)
    this.#find = sql.prepare(`${SELECT} WHERE shop = ? AND sku = ?`)
  }

  /**
   * Stores a product by its SKU; writes only what differs, so that a second time changes nothing.
   * Without a title the one that is known is kept; a new product is called by its SKU.
   */
  upsert(shop: string, product: Product, now: number = Date.now()): UpsertOutcome {
    const { sku, title, description, priceCents, stock } = product
    const written = this.#upsert.get({ shop, sku, title, description, priceCents, stock, now })
    if (!written) return 'unchanged'
    return written.revision === 1 ? 'created' : 'updated'
  }

  count(shop: string): number {
    return Number(this.#count.get(shop)?.products)
  }

  find(shop: string, sku: string): StoredProduct | undefined {
    return this.#find.get(shop, sku) as unknown as StoredProduct | undefined
  }

  /** Products in the order of their SKUs, from the first one after `after`. */
  list(shop: string, { after = '', limit = 50 }: { after?: string; limit?: number } = {}): StoredProduct[] {
    return this.#list.all(shop, after, limit) as unknown as StoredProduct[]
  }
}

const SELECT = `
  SELECT sku, title, description, price_cents AS priceCents, stock, revision,
         created_at AS createdAt, updated_at AS updatedAt
  FROM products`
