import { SEARCHABLE } from '../sql/job-sets.ts'

/** So much is written before it is sorted into the index, in kilobytes: little, so that nobody waits for long. */
const PENDING_KB = 512

/**
 * An index of every three characters in a row. The extension that makes such an index is missing on some
 * servers and forbidden on others, and knows letters and digits only; arrays of texts can be indexed anywhere.
 */
export function searchIndex(schema: string): string[] {
  return [
    // By blocks, because each look into a long text of several bytes a character begins at its beginning.
    `CREATE OR REPLACE FUNCTION backbeat_searchable(error_message text, tags text) RETURNS text[]
      LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 500 AS $$
      DECLARE
        whole text := "${schema}".backbeat_lower(coalesce(error_message || E'\\n', '') || tags);
        size int := length(whole);
        block text;
        trigrams text[] := '{}';
        start int := 1;
      BEGIN
        WHILE start <= size - 2 LOOP
          block := substr(whole, start, 66);
          FOR i IN 1..least(64, size - start - 1) LOOP
            trigrams[start + i - 1] := substr(block, i, 3);
          END LOOP;
          start := start + 64;
        END LOOP;
        RETURN trigrams;
      END $$`,
    `CREATE INDEX backbeat_jobs_search ON backbeat_jobs USING gin (backbeat_searchable(error_message, tags))
      WITH (gin_pending_list_limit = ${PENDING_KB}) WHERE ${SEARCHABLE}`,
  ]
}
