import type { AuditEntry } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { changesOf, type FieldChange, type Json, shortText } from './changes.ts'

/** What an entry changed: what was is struck out, what is stands beside it. */
export function Change({ entry }: { entry: AuditEntry }) {
  const { t, i18n } = useTranslation()
  const changes = changesOf(entry.before as Json, entry.after as Json)
  if (changes.length === 0) return <span className="muted">–</span>
  const write = (value: Json | undefined, name: string) =>
    value === null || value === undefined ? t('audit.nothing') : shortText(value, name, i18n.language)
  return (
    <ul className="changes">
      {changes.map((change) => (
        <li key={change.path} data-kind={change.kind}>
          {change.path !== '' && <span className="muted">{change.path.replace(/_ms$/, '')} </span>}
          <Values change={change} write={write} />
        </li>
      ))}
    </ul>
  )
}

function Values({ change, write }: { change: FieldChange; write: (value: Json | undefined, name: string) => string }) {
  const { path, before, after, kind } = change
  switch (kind) {
    case 'changed':
      return (
        <>
          <del>{write(before, path)}</del> → <ins>{write(after, path)}</ins>
        </>
      )
    case 'removed':
      return <del>{write(before, path)}</del>
    case 'set':
      return <ins>{write(after, path)}</ins>
    case 'same':
      return <span>{write(after, path)}</span>
  }
}
