; A balanced core, weighed by calm, beside the better of two moods: growth or shelter.
; The moods are portfolios of their own and are compared by their own simulated returns.
(defsymphony
 "Balanced rotation"
 {:asset-class "EQUITIES", :rebalance-frequency :daily}
 (weight-specified
  0.4
  (group
   "Core"
   [(weight-inverse-volatility
     30
     [(asset "SPY" "US shares")
      (asset "IEF" "Treasuries, 7 to 10 years")
      (asset "GLD" "Gold")
      (asset "DBC" "Commodities")])])
  0.6
  (filter
   (moving-average-return {:window 10})
   (select-top 1)
   [(group
     "Growth"
     [(filter
       (cumulative-return {:window 20})
       (select-top 2)
       [(asset "QQQ" "Nasdaq 100")
        (asset "IWM" "Small US companies")
        (asset "EEM" "Emerging markets")
        (asset "XLY" "Consumer discretionary")
        (asset "XLI" "Industrials")])])
    (group
     "Shelter"
     [(weight-equal
       [(asset "TLT" "Treasuries, 20 years and more")
        (if
         (> (cumulative-return "GLD" {:window 20}) (cumulative-return "XLU" {:window 20}))
         [(asset "GLD" "Gold")]
         [(asset "XLU" "Utilities") (asset "XLP" "Consumer staples")])])])])))
