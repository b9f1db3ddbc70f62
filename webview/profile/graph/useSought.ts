/** Leads to the layer that somebody asked for: opens the scopes around it, selects it, brings it to the middle. */
import { useEffect } from 'preact/hooks';
import { type MeasuredLayer } from '../measured';
import { type Sought } from '../state';
import { type Layout } from './layout';
import { type ViewControl } from './useView';
import { type GraphNode, type LayerPlace, placeOf } from './visible';

/** The graph as it is now, and what can be done to it. */
export interface Seeking {
  readonly sought: Sought | undefined;
  readonly layers: readonly MeasuredLayer[];
  readonly nodes: readonly GraphNode[];
  readonly layout: Layout;
  /** Pixels; 0 before the first layout. */
  readonly width: number;
  readonly control: ViewControl;
  /** Opens the scopes around a layer and selects it. */
  readonly onPlace: (place: LayerPlace) => void;
  /** The layer is in sight, or there is none of this name. */
  readonly onFound: () => void;
}

/** To be called after `useView`, whose effect moves the drawing when scopes have opened. */
export function useSought({ sought, layers, nodes, layout, width, control, onPlace, onFound }: Seeking): void {
  useEffect(() => {
    const place = sought && placeOf(layers, sought.name);
    if (place) onPlace(place);
    else if (sought) onFound();
  }, [sought]);

  useEffect(() => {
    const place = sought && width > 0 ? placeOf(layers, sought.name) : undefined;
    const box = place ? nodes.findIndex(({ id }) => id === place.id) : -1;
    // Not drawn as long as the scopes around it are closed: comes again when they are open.
    if (box < 0) return;
    control.centre(layout.x[box]!, layout.y[box]!);
    onFound();
  }, [sought, layout, width > 0]);
}
