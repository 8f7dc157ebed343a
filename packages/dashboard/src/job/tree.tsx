import { useTranslation } from 'react-i18next'
import { Copy } from '../ui/copy.tsx'

/** From so many entries on, what lies within is closed at first. */
const MANY = 50
const SHOWN = 500

/** A value of JSON that can be opened and closed. */
export function Tree({ value }: { value: unknown }) {
  const { t } = useTranslation()
  return (
    <div className="tree" tabIndex={0} role="group">
      <Node value={value} depth={0} />
      <div style={{ marginTop: 6 }}>
        <Copy text={JSON.stringify(value, null, 2)} label={t('copy')} />
      </div>
    </div>
  )
}

function Node({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  const label = name === undefined ? null : <span className="key">{name}: </span>
  if (typeof value !== 'object' || value === null) {
    return (
      <div style={{ overflowWrap: 'anywhere' }}>
        {label}
        {JSON.stringify(value)}
      </div>
    )
  }
  const entries = Object.entries(value)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (entries.length === 0) {
    return (
      <div>
        {label}
        {open + close}
      </div>
    )
  }
  return (
    <details open={depth < 3 && entries.length < MANY}>
      <summary>
        {label}
        <span className="muted">
          {open} {entries.length} {close}
        </span>
      </summary>
      <div className="inside">
        {entries.slice(0, SHOWN).map(([key, entry]) => (
          <Node key={key} name={key} value={entry} depth={depth + 1} />
        ))}
        {entries.length > SHOWN && <div className="muted">… {entries.length - SHOWN}</div>}
      </div>
    </details>
  )
}
