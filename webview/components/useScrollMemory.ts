/** Keeps a page where it was scrolled to, through hiding and reloading. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

/** Goes back to `scrollTop` once, and says where the page is whenever it has come to rest. */
export function useScrollMemory(scrollTop: number, remember: (change: { scrollTop: number }) => void): void {
  const start = useRef(scrollTop);
  useLayoutEffect(() => window.scrollTo(0, start.current), []);
  useEffect(() => {
    let timer: number | undefined;
    const onScroll = (): void => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => remember({ scrollTop: window.scrollY }), 150);
    };
    window.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      window.removeEventListener('scroll', onScroll);
      window.clearTimeout(timer);
    };
  }, [remember]);
}
