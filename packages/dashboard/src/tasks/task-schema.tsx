import { Title } from '@mantine/core'
import type { Task } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import type { OutlineRow } from '../form/outline.ts'
import { outlineOf } from '../form/outline.ts'
import { fieldOf } from '../form/schema.ts'
import { useConstraints, useTypeName } from '../form/words.ts'
import { Tree } from '../job/tree.tsx'

/** What the task takes, value by value, and as JSON Schema. */
export function TaskSchema({ task }: { task: Task }) {
  const { t } = useTranslation()
  const schema = task.input_schema
  const rows = outlineOf(schema)
  return (
    <section className="panel">
      <Title order={2}>{t('schema.title')}</Title>
      {rows.length === 0 ? (
        <div className="code muted">{fieldOf(schema, schema).description ?? t('schema.anything')}</div>
      ) : (
        <ul className="outline">
          {rows.map((row) => (
            <OutlineEntry key={row.name} row={row} root={schema} />
          ))}
        </ul>
      )}
      <details className="more">
        <summary>{t('schema.source')}</summary>
        <Tree value={schema} />
      </details>
    </section>
  )
}

function OutlineEntry({ row: { name, field, isRequired }, root }: { row: OutlineRow; root: Task['input_schema'] }) {
  const { t } = useTranslation()
  const typeName = useTypeName()
  const constraints = useConstraints(field)
  // An integer says so as its type already.
  const limits = constraints.split(', ').filter((part) => part !== t('schema.integer'))
  return (
    <li>
      <div>
        <span className="mono outline-name">{name}</span> <span>{typeName(field, root)}</span>
        {!isRequired && <span className="muted"> · {t('schema.optional')}</span>}
      </div>
      {(limits.join('') !== '' || field.description !== null) && (
        <div className="muted">{[field.description, limits.join(', ')].filter(Boolean).join(' · ')}</div>
      )}
    </li>
  )
}
