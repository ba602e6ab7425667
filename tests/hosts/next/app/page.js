"use client";

import { useEffect, useState } from "react";

export default function Page() {
  const [score, setScore] = useState("");
  useEffect(() => {
    const show = async () => {
      const { load } = await import("undertone");
      const undertone = await load({ base: "/undertone/" });
      setScore(JSON.stringify(await undertone.classify("{text}")));
    };
    show();
  }, []);
  return <p id="score">{score}</p>;
}
