// The sentence about a crash, with names in monospace.
import type { Piece } from '../crash';

export function Sentence({ pieces }: { pieces: Piece[] }) {
  return (
    <>
      {pieces.map((piece, index) => {
        if (piece.style === 'code') return <code key={index} data-tip={piece.hint !== piece.text ? piece.hint : undefined}>{piece.text}</code>;
        if (piece.style === 'name') return <em key={index} data-tip={piece.hint}><bdi>{piece.text}</bdi></em>;
        return <span key={index}>{piece.text}</span>;
      })}
    </>
  );
}
