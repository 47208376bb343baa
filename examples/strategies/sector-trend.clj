; Follows the strongest sectors while the market rises, and hides in calm assets while it falls.
(defsymphony
 "Sector trend"
 {:asset-class "EQUITIES", :rebalance-frequency :daily}
 (if
  (> (current-price "SPY") (moving-average-price "SPY" {:window 150}))
  [(filter
    (cumulative-return {:window 15})
    (select-top 3)
    [(asset "XLK" "Technology")
     (asset "XLF" "Financials")
     (asset "XLV" "Health care")
     (asset "XLE" "Energy")
     (asset "XLU" "Utilities")
     (asset "XLP" "Consumer staples")
     (asset "XLY" "Consumer discretionary")
     (asset "XLI" "Industrials")
     (asset "XLB" "Materials")])]
  [(group
    "Refuge"
    [(weight-inverse-volatility
      20
      [(asset "TLT" "Treasuries, 20 years and more")
       (asset "IEF" "Treasuries, 7 to 10 years")
       (asset "GLD" "Gold")
       (asset "XLP" "Consumer staples")])])]))
