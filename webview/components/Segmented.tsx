/** A switch between a few views of the same thing: radio buttons that look like one control. */
import { type VNode } from 'preact';

/** What a switch needs to know. */
export interface SegmentedProps<Value extends string> {
  /** Tells the radio buttons of one switch from those of another. */
  readonly name: string;
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly title: string }[];
  readonly onChange: (value: Value) => void;
}

/** The browser's own radio buttons do the work: arrow keys, one tab stop, names. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>): VNode {
  const { name, label, value, options, onChange } = props;
  return (
    <div class="segmented" role="radiogroup" aria-label={label}>
      {options.map((option) => (
        <label key={option.value} class={option.value === value ? 'is-chosen' : ''}>
          <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
          {option.title}
        </label>
      ))}
    </div>
  );
}
