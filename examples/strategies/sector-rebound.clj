; Buys the sectors that fell most in a few days, and sells them when they have recovered.
; Stands aside in part while the fall of the market itself is deep.
(defsymphony
 "Sector rebound"
 {:asset-class "EQUITIES", :rebalance-frequency :daily}
 (weight-specified
  0.8
  (if
   (< (max-drawdown "SPY" {:window 60}) 12)
   [(group
     "Oversold sectors"
     [(filter
       (rsi {:window 4})
       (select-bottom 3)
       [(asset "XLK" "Technology")
        (asset "XLF" "Financials")
        (asset "XLV" "Health care")
        (asset "XLE" "Energy")
        (asset "XLU" "Utilities")
        (asset "XLP" "Consumer staples")
        (asset "XLY" "Consumer discretionary")
        (asset "XLI" "Industrials")
        (asset "XLB" "Materials")])])]
   [(if
     (< (rsi "SPY" {:window 2}) 20)
     [(asset "SPY" "The market, on a day of fear")]
     [(asset "SHY" "Treasuries, 1 to 3 years")])])
  0.2
  (if
   (> (rsi "QQQ" {:window 5}) 75)
   [(asset "TLT" "Treasuries, 20 years and more")]
   [(asset "QQQ" "Nasdaq 100")])))
