import { useEffect, useId, useRef } from "react";
import "undertone/meter";

/** A field with its meter; `onVerdict` hears `{ present, flagged }`. The files are where `base` says: see docs/EMBEDDING.md. */
export function ToneField({ onVerdict, ...field }) {
  const id = useId();
  const meter = useRef(null);
  useEffect(() => {
    const { current } = meter;
    const hear = ({ detail }) => onVerdict?.(detail);
    current.addEventListener("verdict", hear);
    return () => current.removeEventListener("verdict", hear);
  }, [onVerdict]);
  return (
    <>
      <textarea id={id} {...field} />
      <undertone-meter ref={meter} for={id} task="toxicity" base="/undertone/" />
    </>
  );
}
